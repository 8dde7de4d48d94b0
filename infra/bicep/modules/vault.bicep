// The vault of master tokens, leased tokens, the organization's credentials and the data keys.

param name string
param location string

@description('The principal that reads and writes secrets.')
param principalId string

@description('The workspace for the audit log.')
param workspaceId string

@description('Whether the vault can be reached from outside the virtual network.')
param isPublic bool

@description('Whether the vault is locked against deletion.')
param isLocked bool

// Key Vault Secrets Officer.
var officer = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7')

resource vault 'Microsoft.KeyVault/vaults@2026-02-01' = {
  name: name
  location: location
  properties: {
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    // A master token cannot be created again, so purge protection keeps deleted secrets for the whole retention time.
    enablePurgeProtection: true
    publicNetworkAccess: isPublic ? 'Enabled' : 'Disabled'
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: isPublic ? 'Allow' : 'Deny'
    }
  }
}

resource keeping 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, principalId, officer)
  scope: vault
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: officer
  }
}

// No later version of this type keeps named settings.
#disable-next-line use-recent-api-versions
resource auditing 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'audit'
  scope: vault
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        categoryGroup: 'audit'
        enabled: true
      }
    ]
    metrics: [
      {
        category: 'AllMetrics'
        enabled: true
      }
    ]
  }
}

resource lock 'Microsoft.Authorization/locks@2020-05-01' = if (isLocked) {
  name: 'keep'
  scope: vault
  properties: {
    level: 'CanNotDelete'
    notes: 'Master tokens cannot be created again.'
  }
}

output id string = vault.id
output name string = vault.name
output uri string = vault.properties.vaultUri
