// Everything that Gatehouse needs in Azure, in one resource group.

@description('Short name of the environment, such as dev or prod. It is part of every resource name.')
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
param alertsWebhookUrl string = ''

@description('Whether alerts are also signed with the previous secret, alerts-webhook-secret-previous. Use it while receivers change to the new secret.')
param keepPreviousAlertsSecret bool = false

@description('Additional settings, such as Entra__Confined__0__Id. The next deployment removes settings that were added without Bicep.')
param furtherSettings object = {}

@description('The OTLP endpoint for OpenTelemetry. Empty: only the Functions host sends telemetry, to Application Insights.')
param otlpEndpoint string = ''

@description('The address that gets a mail when an Azure alert fires. Empty: no mail is sent.')
param operatorEmail string = ''

@description('The maximum number of instances.')
@minValue(1)
@maxValue(1000)
param maximumInstances int = 40

@description('The memory of an instance, in MB.')
@allowed([512, 2048, 4096])
param instanceMemory int = 2048

@description('The number of always ready instances for HTTP. 0: instances start on demand.')
@minValue(0)
@maxValue(20)
param alwaysReadyInstances int = 0

@description('Whether storage and vault can be reached over private endpoints only.')
param usePrivateEndpoints bool = false

var suffix = uniqueString(resourceGroup().id, environmentName)
var baseName = 'gatehouse-${environmentName}'

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
  }
}

module network 'modules/network.bicep' = if (usePrivateEndpoints) {
  params: {
    name: 'vnet-${baseName}'
    location: location
  }
}

module storage 'modules/storage.bicep' = {
  params: {
    name: take('stgate${environmentName}${suffix}', 24)
    location: location
    principalId: identity.outputs.principalId
    workspaceId: monitoring.outputs.workspaceId
    isPublic: !usePrivateEndpoints
  }
}

module vault 'modules/vault.bicep' = {
  params: {
    name: take('kv-gate-${environmentName}-${suffix}', 24)
    location: location
    principalId: identity.outputs.principalId
    workspaceId: monitoring.outputs.workspaceId
    isPublic: !usePrivateEndpoints
  }
}

module endpoints 'modules/privateEndpoints.bicep' = if (usePrivateEndpoints) {
  params: {
    name: baseName
    location: location
    virtualNetworkId: network!.outputs.virtualNetworkId
    subnetId: network!.outputs.endpointSubnetId
    storageId: storage.outputs.id
    vaultId: vault.outputs.id
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
    vaultUri: vault.outputs.uri
    insightsConnectionString: monitoring.outputs.connectionString
    entraTenantId: entraTenantId
    entraClientId: entraClientId
    platformMode: platformMode
    organizationDialect: organizationDialect
    alertsWebhookUrl: alertsWebhookUrl
    keepPreviousAlertsSecret: keepPreviousAlertsSecret
    furtherSettings: furtherSettings
    otlpEndpoint: otlpEndpoint
    maximumInstances: maximumInstances
    instanceMemory: instanceMemory
    alwaysReadyInstances: alwaysReadyInstances
    subnetId: usePrivateEndpoints ? network!.outputs.functionSubnetId : ''
  }
}

module alerts 'modules/alerts.bicep' = {
  params: {
    name: baseName
    location: location
    insightsId: monitoring.outputs.insightsId
    operatorEmail: operatorEmail
  }
}

@description('The name of the function app, for the deployment of the package.')
output functionAppName string = functionApp.outputs.name

@description('The address of the facade.')
output address string = functionApp.outputs.address

@description('The vault in which an operator stores master tokens and the organization\'s credentials.')
output vaultName string = vault.outputs.name
