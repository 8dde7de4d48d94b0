using 'main.bicep'

param environmentName = 'dev'
param entraClientId = readEnvironmentVariable('GATEHOUSE_ENTRA_CLIENT_ID')
param platformMode = 'Embedded'
param alertsWebhookUrl = readEnvironmentVariable('GATEHOUSE_ALERTS_WEBHOOK_URL', '')
param operatorEmail = readEnvironmentVariable('GATEHOUSE_OPERATOR_EMAIL', '')
param dailyLogCap = 1
