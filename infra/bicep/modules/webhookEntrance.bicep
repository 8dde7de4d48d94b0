// The way in for webhooks where the app has a private endpoint only: Azure Front Door, which forwards /webhooks/ and nothing else.
// Its connection to the app must be approved once (docs/operations.md).

param name string
param location string
param appId string
param appHost string

resource profile 'Microsoft.Cdn/profiles@2025-06-01' = {
  name: 'afd-${name}'
  location: 'global'
  sku: {
    // Private origins need this tier.
    name: 'Premium_AzureFrontDoor'
  }
}

resource endpoint 'Microsoft.Cdn/profiles/afdEndpoints@2025-06-01' = {
  parent: profile
  name: 'webhooks-${name}'
  location: 'global'
  properties: {
    enabledState: 'Enabled'
  }
}

resource origins 'Microsoft.Cdn/profiles/originGroups@2025-06-01' = {
  parent: profile
  name: 'app'
  properties: {
    loadBalancingSettings: {
      sampleSize: 4
      successfulSamplesRequired: 3
    }
  }
}

resource origin 'Microsoft.Cdn/profiles/originGroups/origins@2025-06-01' = {
  parent: origins
  name: 'app'
  properties: {
    hostName: appHost
    originHostHeader: appHost
    enforceCertificateNameCheck: true
    sharedPrivateLinkResource: {
      privateLink: {
        id: appId
      }
      groupId: 'sites'
      privateLinkLocation: location
      requestMessage: 'Gatehouse: webhooks'
    }
  }
}

resource route 'Microsoft.Cdn/profiles/afdEndpoints/routes@2025-06-01' = {
  parent: endpoint
  name: 'webhooks'
  properties: {
    originGroup: {
      id: origins.id
    }
    patternsToMatch: [
      '/webhooks/*'
    ]
    supportedProtocols: [
      'Https'
    ]
    forwardingProtocol: 'HttpsOnly'
    httpsRedirect: 'Disabled'
    linkToDefaultDomain: 'Enabled'
  }
  dependsOn: [
    origin
  ]
}

output address string = 'https://${endpoint.properties.hostName}'
