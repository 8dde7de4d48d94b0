// Everything that Gatehouse needs in Azure, in one resource group.

@description('Short name of the environment, such as dev or prod: letters, digits and hyphens. It is part of every resource name.')
@minLength(2)
@maxLength(8)
param environmentName string

@description('The region of all resources. Flex Consumption is not available in every region.')
param location string = resourceGroup().location

@description('The tenant whose bearer tokens the facade accepts.')
param entraTenantId string = tenant().tenantId

@description('The client id of the facade\'s app registration. Bearer tokens must have it as audience.')
param entraClientId string

@description('Embedded: the platform inside Gatehouse. Hosted: the hosted service.')
@allowed(['Embedded', 'Hosted'])
param platformMode string = 'Hosted'

@description('For the hosted platform, the API for the organization: Basic, the contract\'s HTTP Basic, or Gate, the organization API.')
@allowed(['Basic', 'Gate'])
param organizationDialect string = 'Gate'

@description('The address that alerts are posted to. Empty: alerts are not posted. They are signed with the vault\'s secret alerts-webhook-secret.')
@secure()
param alertsWebhookUrl string = ''

@description('Whether alerts are also signed with the previous secret, alerts-webhook-secret-previous. Use it while receivers change to the new secret.')
param keepPreviousAlertsSecret bool = false

@description('Additional settings, such as Entra__Confined__0__Id. The next deployment removes settings that were added without Bicep.')
@secure()
param furtherSettings object = {}

@description('The address of an OTLP collector that also gets the telemetry, over HTTP, such as https://collector.example.com:4318. Empty: only Application Insights gets it.')
param otlpEndpoint string = ''

@description('The headers that the OTLP collector requires, such as api-key=...')
@secure()
param otlpHeaders string = ''

@description('The address that gets a mail when an Azure alert fires. Empty: no mail is sent.')
param operatorEmail string = ''

@description('The maximum number of instances. Some regions refuse less than 40.')
@minValue(40)
@maxValue(1000)
param maximumInstances int = 40

@description('The memory of an instance, in MB.')
@allowed([512, 2048, 4096])
param instanceMemory int = 2048

@description('The number of always ready instances for HTTP. 0: instances start on demand.')
@minValue(0)
@maxValue(20)
param alwaysReadyInstances int = 0

@description('How many calls Azure sends to an instance at once before it starts another one. By default as many as the instance sends to the hosted platform at once (Platform__Concurrency).')
@minValue(1)
@maxValue(1000)
param callsPerInstance int = 64

@description('Whether the instances are spread over zones. At least two HTTP instances are then always ready.')
param isZoneRedundant bool = false

@description('Whether the app, the storage accounts and the vault can be reached over private endpoints only.')
param usePrivateEndpoints bool = false

@description('The address range of the virtual network. Used with private endpoints.')
param networkRange string = '10.20.0.0/16'

@description('The address range of the subnet for the app\'s outgoing traffic. At least a /27.')
param functionSubnetRange string = '10.20.0.0/24'

@description('The address range of the subnet for private endpoints.')
param endpointSubnetRange string = '10.20.1.0/24'

@description('Whether webhooks enter through Azure Front Door, which forwards /webhooks/ only. Used with private endpoints.')
param useWebhookEntrance bool = false

@description('Whether storage accounts and vault are locked against deletion. The deployment then needs the role Locks Contributor.')
param lockData bool = false

@description('The maximum of logs that the workspace takes in a day, in GB. -1: no maximum. Audit logs stop at the maximum too.')
@minValue(-1)
param dailyLogCap int = -1

var suffix = uniqueString(resourceGroup().id, environmentName)
var baseName = 'gatehouse-${environmentName}'
// For names that take lower-case letters and digits only.
var shortName = toLower(replace(environmentName, '-', ''))
var blobZone = 'privatelink.blob.${environment().suffixes.storage}'
var tableZone = 'privatelink.table.${environment().suffixes.storage}'
var vaultZone = 'privatelink.vaultcore.azure.net'
var appZone = 'privatelink.azurewebsites.net'

module identity 'modules/identity.bicep' = {
  params: {
    name: 'id-${baseName}'
    location: location
  }
}

module monitoring 'modules/monitoring.bicep' = {
  params: {
    name: baseName
    location: location
    principalId: identity.outputs.principalId
    dailyLogCap: dailyLogCap
  }
}

module network 'modules/network.bicep' = if (usePrivateEndpoints) {
  params: {
    name: baseName
    location: location
    networkRange: networkRange
    functionSubnetRange: functionSubnetRange
    endpointSubnetRange: endpointSubnetRange
  }
}

module storage 'modules/storage.bicep' = {
  params: {
    name: take('stgate${shortName}${suffix}', 24)
    location: location
    principalId: identity.outputs.principalId
    workspaceId: monitoring.outputs.workspaceId
    isPublic: !usePrivateEndpoints
    isLocked: lockData
  }
}

module auditStorage 'modules/auditStorage.bicep' = {
  params: {
    name: take('staudit${shortName}${suffix}', 24)
    location: location
    principalId: identity.outputs.principalId
    workspaceId: monitoring.outputs.workspaceId
    isPublic: !usePrivateEndpoints
    isLocked: lockData
  }
}

module vault 'modules/vault.bicep' = {
  params: {
    name: take('kv-gate-${shortName}-${suffix}', 24)
    location: location
    principalId: identity.outputs.principalId
    workspaceId: monitoring.outputs.workspaceId
    isPublic: !usePrivateEndpoints
    isLocked: lockData
  }
}

module dataEndpoints 'modules/privateEndpoints.bicep' = if (usePrivateEndpoints) {
  params: {
    name: baseName
    location: location
    virtualNetworkId: network!.outputs.virtualNetworkId
    subnetId: network!.outputs.endpointSubnetId
    zoneNames: [
      blobZone
      tableZone
      vaultZone
    ]
    targets: [
      {
        name: 'blob'
        group: 'blob'
        resourceId: storage.outputs.id
        zone: blobZone
      }
      {
        name: 'table'
        group: 'table'
        resourceId: storage.outputs.id
        zone: tableZone
      }
      {
        name: 'audit'
        group: 'table'
        resourceId: auditStorage.outputs.id
        zone: tableZone
      }
      {
        name: 'vault'
        group: 'vault'
        resourceId: vault.outputs.id
        zone: vaultZone
      }
    ]
  }
}

module functionApp 'modules/functionApp.bicep' = {
  params: {
    name: 'func-${baseName}-${suffix}'
    location: location
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    storageName: storage.outputs.name
    deploymentContainerUrl: storage.outputs.deploymentContainerUrl
    tableEndpoint: storage.outputs.tableEndpoint
    auditTableEndpoint: auditStorage.outputs.tableEndpoint
    vaultUri: vault.outputs.uri
    insightsConnectionString: monitoring.outputs.connectionString
    workspaceId: monitoring.outputs.workspaceId
    entraTenantId: entraTenantId
    entraClientId: entraClientId
    platformMode: platformMode
    organizationDialect: organizationDialect
    alertsWebhookUrl: alertsWebhookUrl
    keepPreviousAlertsSecret: keepPreviousAlertsSecret
    furtherSettings: furtherSettings
    otlpEndpoint: otlpEndpoint
    otlpHeaders: otlpHeaders
    maximumInstances: maximumInstances
    instanceMemory: instanceMemory
    alwaysReadyInstances: alwaysReadyInstances
    callsPerInstance: callsPerInstance
    isZoneRedundant: isZoneRedundant
    isPublic: !usePrivateEndpoints
    subnetId: usePrivateEndpoints ? network!.outputs.functionSubnetId : ''
  }
  // At its first start the app reads secrets and tables over these endpoints.
  dependsOn: [
    dataEndpoints
  ]
}

module appEndpoint 'modules/privateEndpoints.bicep' = if (usePrivateEndpoints) {
  params: {
    name: baseName
    location: location
    virtualNetworkId: network!.outputs.virtualNetworkId
    subnetId: network!.outputs.endpointSubnetId
    zoneNames: [
      appZone
    ]
    targets: [
      {
        name: 'app'
        group: 'sites'
        resourceId: functionApp.outputs.id
        zone: appZone
      }
    ]
  }
}

module webhookEntrance 'modules/webhookEntrance.bicep' = if (usePrivateEndpoints && useWebhookEntrance) {
  params: {
    name: baseName
    location: location
    appId: functionApp.outputs.id
    appHost: functionApp.outputs.host
  }
}

module alerts 'modules/alerts.bicep' = {
  params: {
    name: baseName
    location: location
    insightsId: monitoring.outputs.insightsId
    vaultId: vault.outputs.id
    storageIds: [
      storage.outputs.id
      auditStorage.outputs.id
    ]
    readyAddress: usePrivateEndpoints ? '' : '${functionApp.outputs.address}/health/ready'
    operatorEmail: operatorEmail
  }
}

module workbook 'modules/workbook.bicep' = {
  params: {
    name: 'Gatehouse ${environmentName}'
    location: location
    insightsId: monitoring.outputs.insightsId
    vaultId: vault.outputs.id
    storageId: storage.outputs.id
    auditStorageId: auditStorage.outputs.id
  }
}

@description('The name of the function app, for the deployment of the package.')
output functionAppName string = functionApp.outputs.name

@description('The address of the facade.')
output address string = functionApp.outputs.address

@description('The address that the platform sends webhooks to.')
output webhookAddress string = usePrivateEndpoints && useWebhookEntrance
  ? webhookEntrance!.outputs.address
  : functionApp.outputs.address

@description('The vault in which an operator stores master tokens and the organization\'s credentials.')
output vaultName string = vault.outputs.name
