// The function app, on Flex Consumption.

param name string
param location string
param identityId string
param identityClientId string
param storageName string
param deploymentContainerUrl string
param tableEndpoint string
param auditTableEndpoint string
param vaultUri string

@secure()
param insightsConnectionString string

param workspaceId string
param entraTenantId string
param entraClientId string
param platformMode string
param organizationDialect string

@secure()
param alertsWebhookUrl string

param keepPreviousAlertsSecret bool

@secure()
param furtherSettings object

param otlpEndpoint string

@secure()
param otlpHeaders string

param maximumInstances int
param instanceMemory int
param alwaysReadyInstances int
param callsPerInstance int
param isZoneRedundant bool

@description('Whether the app can be reached from outside the virtual network.')
param isPublic bool

@description('The subnet for outgoing traffic. Empty: no subnet.')
param subnetId string

// Settings of the Functions host. It gets no APPLICATIONINSIGHTS_CONNECTION_STRING and no OTEL_EXPORTER_OTLP_ENDPOINT: with one of
// them it would send records of its own for every request, with the path, and paths can contain API tokens.
var hostSettings = {
  AzureWebJobsStorage__accountName: storageName
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
}

// Settings of Gatehouse. AZURE_CLIENT_ID selects the identity that DefaultAzureCredential uses.
var settings = {
  AZURE_CLIENT_ID: identityClientId
  Storage__Provider: 'AzureTables'
  Storage__TableEndpoint: tableEndpoint
  Storage__AuditTableEndpoint: auditTableEndpoint
  KeyVault__Uri: vaultUri
  Entra__TenantId: entraTenantId
  Entra__Audiences__0: entraClientId
  Entra__Audiences__1: 'api://${entraClientId}'
  Platform__Mode: platformMode
  AzureMonitor__ConnectionString: insightsConnectionString
  AzureMonitor__UseIdentity: 'true'
}

// The credentials to create applications. For the hosted platform, Gatehouse reads them from the vault itself.
var organization = platformMode == 'Hosted'
  ? {
      Platform__OrganizationDialect: organizationDialect
    }
  : {
      Organization__User: 'organization'
      Organization__Password: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/configured-organization-password)'
    }

// The Functions host reads the first two, which start the timer functions, only from these settings. The others say when each job
// is due.
var schedules = {
  UrgentJobsSchedule: '0 * * * * *'
  BackgroundJobsSchedule: '30 * * * * *'
  AdoptSchedule: '0 10 * * * *'
  AlertsSchedule: '0 * * * * *'
  ArchiveSchedule: '0 20 1 * * *'
  BackfillSchedule: '30 * * * * *'
  PurgeCallsSchedule: '30 5/10 * * * *'
  PurgeSchedule: '0 40 3 * * *'
  PushCheckSchedule: '0 0 6 * * *'
  RotateSchedule: '0 * * * * *'
}

var alerts = empty(alertsWebhookUrl)
  ? {}
  : {
      Alerts__WebhookUrl: alertsWebhookUrl
      Alerts__Secret: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/alerts-webhook-secret)'
    }

var previousAlertsSecret = empty(alertsWebhookUrl) || !keepPreviousAlertsSecret
  ? {}
  : {
      Alerts__PreviousSecret: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/alerts-webhook-secret-previous)'
    }

// One setting for each kind of telemetry: the Functions host does not read these.
var otlpAddress = endsWith(otlpEndpoint, '/') ? take(otlpEndpoint, length(otlpEndpoint) - 1) : otlpEndpoint
var collector = empty(otlpEndpoint)
  ? {}
  : {
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: '${otlpAddress}/v1/traces'
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: '${otlpAddress}/v1/metrics'
      OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: '${otlpAddress}/v1/logs'
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf'
    }

var collectorHeaders = empty(otlpEndpoint) || empty(otlpHeaders)
  ? {}
  : {
      OTEL_EXPORTER_OTLP_HEADERS: otlpHeaders
    }

// Zone redundancy needs at least two instances.
var readyInstances = isZoneRedundant ? max(2, alwaysReadyInstances) : alwaysReadyInstances

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: 'plan-${name}'
  location: location
  kind: 'functionapp'
  sku: {
    tier: 'FlexConsumption'
    name: 'FC1'
  }
  properties: {
    reserved: true
    zoneRedundant: isZoneRedundant
  }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  kind: 'functionapp,linux'
  // azd finds the app by this tag.
  tags: {
    'azd-service-name': 'gatehouse'
  }
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identityId
    publicNetworkAccess: isPublic ? 'Enabled' : 'Disabled'
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      http20Enabled: true
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: deploymentContainerUrl
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: {
        name: 'dotnet-isolated'
        version: '10.0'
      }
      scaleAndConcurrency: {
        maximumInstanceCount: maximumInstances
        instanceMemoryMB: instanceMemory
        triggers: {
          http: {
            perInstanceConcurrency: callsPerInstance
          }
        }
        alwaysReady: readyInstances == 0
          ? []
          : [
              {
                name: 'http'
                instanceCount: readyInstances
              }
            ]
      }
    }
  }
}

resource appSettings 'Microsoft.Web/sites/config@2025-03-01' = {
  parent: app
  name: 'appsettings'
  properties: union(
    hostSettings,
    settings,
    organization,
    schedules,
    alerts,
    previousAlertsSecret,
    collector,
    collectorHeaders,
    furtherSettings
  )
}

// App Service's own authentication must stay off. It would refuse webhooks, which have a signature and no token, and callers with
// keys. Gatehouse itself validates every bearer token, with Entra__TenantId and Entra__Audiences.
resource authentication 'Microsoft.Web/sites/config@2025-03-01' = {
  parent: app
  name: 'authsettingsV2'
  properties: {
    platform: {
      enabled: false
    }
    globalValidation: {
      requireAuthentication: false
      unauthenticatedClientAction: 'AllowAnonymous'
    }
  }
}

// Deployment by password is disabled: the deployment identity signs in with Entra ID.
resource noFtpPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'ftp'
  properties: {
    allow: false
  }
}

resource noScmPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'scm'
  properties: {
    allow: false
  }
}

// What the Functions host logs, such as a worker that does not start.
// No later version of this type keeps named settings.
#disable-next-line use-recent-api-versions
resource hostLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'host'
  scope: app
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'FunctionAppLogs'
        enabled: true
      }
    ]
  }
}

output id string = app.id
output name string = app.name
output host string = app.properties.defaultHostName
output address string = 'https://${app.properties.defaultHostName}'
