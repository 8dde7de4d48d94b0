using 'main.bicep'

param environmentName = 'dev'
param entraClientId = readEnvironmentVariable('GATEHOUSE_ENTRA_CLIENT_ID')
param platformMode = 'Embedded'
param operatorEmail = readEnvironmentVariable('GATEHOUSE_OPERATOR_EMAIL', '')
param dailyLogCap = 1
