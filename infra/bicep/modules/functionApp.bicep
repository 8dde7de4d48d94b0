// The function app, on Flex Consumption.

param name string
param location string
param identityId string
param identityClientId string
param storageName string
param deploymentContainerUrl string
param tableEndpoint string
param vaultUri string
param insightsConnectionString string
param entraTenantId string
param entraClientId string
param platformMode string
param organizationDialect string
param alertsWebhookUrl string
param keepPreviousAlertsSecret bool
param furtherSettings object
param otlpEndpoint string
param maximumInstances int
param instanceMemory int
param alwaysReadyInstances int

@description('The subnet for outgoing traffic. Empty: no subnet.')
param subnetId string

// Settings of the Functions host.
var hostSettings = {
  AzureWebJobsStorage__accountName: storageName
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
  APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
}

// Settings of Gatehouse. AZURE_CLIENT_ID selects the identity that DefaultAzureCredential uses.
var settings = {
  AZURE_CLIENT_ID: identityClientId
  Storage__Provider: 'AzureTables'
  Storage__TableEndpoint: tableEndpoint
  KeyVault__Uri: vaultUri
  Entra__TenantId: entraTenantId
  Entra__Audiences__0: entraClientId
  Entra__Audiences__1: 'api://${entraClientId}'
  Platform__Mode: platformMode
}

// The credentials to create applications. For the hosted platform, Gatehouse reads them from the vault itself.
var organization = platformMode == 'Hosted' ? {
  Platform__OrganizationDialect: organizationDialect
} : {
  Organization__User: 'organization'
  Organization__Password: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/configured-organization-password)'
}

// The Functions host reads the schedules of timers only from these settings.
var schedules = {
  AdoptSchedule: '0 10 * * * *'
  AlertsSchedule: '15 * * * * *'
  ArchiveSchedule: '0 20 1 * * *'
  BackfillSchedule: '30 * * * * *'
  PurgeCallsSchedule: '30 5/10 * * * *'
  PurgeSchedule: '0 40 3 * * *'
  PushCheckSchedule: '0 0 6 * * *'
  RotateSchedule: '0 * * * * *'
}

var alerts = empty(alertsWebhookUrl) ? {} : {
  Alerts__WebhookUrl: alertsWebhookUrl
  Alerts__Secret: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/alerts-webhook-secret)'
}

var previousAlertsSecret = empty(alertsWebhookUrl) || !keepPreviousAlertsSecret ? {} : {
  Alerts__PreviousSecret: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/alerts-webhook-secret-previous)'
}

var telemetry = empty(otlpEndpoint) ? {} : {
  OTEL_EXPORTER_OTLP_ENDPOINT: otlpEndpoint
}

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: 'plan-${name}'
  location: location
  kind: 'functionapp'
  sku: {
    tier: 'FlexConsumption'
    name: 'FC1'
  }
  properties: {
    reserved: true
  }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
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
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    siteConfig: {
      minTlsVersion: '1.2'
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
        alwaysReady: alwaysReadyInstances == 0 ? [] : [
          {
            name: 'http'
            instanceCount: alwaysReadyInstances
          }
        ]
      }
    }
  }
}

resource appSettings 'Microsoft.Web/sites/config@2024-04-01' = {
  parent: app
  name: 'appsettings'
  properties: union(hostSettings, settings, organization, schedules, alerts, previousAlertsSecret, telemetry, furtherSettings)
}

// App Service's own authentication must stay off. It would refuse webhooks, which have a signature and no token, and callers with
// keys. Gatehouse itself validates every bearer token, with Entra__TenantId and Entra__Audiences.
resource authentication 'Microsoft.Web/sites/config@2024-04-01' = {
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
resource noBasicPublishing 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = [for kind in ['ftp', 'scm']: {
  parent: app
  name: kind
  properties: {
    allow: false
  }
}]

output name string = app.name
output address string = 'https://${app.properties.defaultHostName}'
