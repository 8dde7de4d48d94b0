using 'main.bicep'

param environmentName = 'prod'
param entraClientId = readEnvironmentVariable('GATEHOUSE_ENTRA_CLIENT_ID')
param platformMode = 'Hosted'
param organizationDialect = 'Gate'
param alertsWebhookUrl = readEnvironmentVariable('GATEHOUSE_ALERTS_WEBHOOK_URL', '')
param operatorEmail = readEnvironmentVariable('GATEHOUSE_OPERATOR_EMAIL')
param instanceMemory = 2048
param alwaysReadyInstances = 1
param usePrivateEndpoints = true
param lockData = true
