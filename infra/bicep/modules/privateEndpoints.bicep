// Private endpoints and their DNS names in the virtual network.

param name string
param location string
param virtualNetworkId string
param subnetId string

@description('The private DNS zones.')
param zoneNames string[]

@description('What gets an endpoint.')
param targets target[]

@description('A resource, the group of its addresses, and their zone, one of the above.')
type target = {
  name: string
  group: string
  resourceId: string
  zone: string
}

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for zoneName in zoneNames: {
    name: zoneName
    location: 'global'
  }
]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (zoneName, index) in zoneNames: {
    parent: zones[index]
    name: 'link-${name}'
    location: 'global'
    properties: {
      registrationEnabled: false
      virtualNetwork: {
        id: virtualNetworkId
      }
    }
  }
]

// One after the other: an account refuses a second endpoint while it gets one.
@batchSize(1)
resource endpoints 'Microsoft.Network/privateEndpoints@2025-05-01' = [
  for target in targets: {
    name: 'pe-${name}-${target.name}'
    location: location
    properties: {
      subnet: {
        id: subnetId
      }
      privateLinkServiceConnections: [
        {
          name: target.name
          properties: {
            // The rule does not see that this member of a parameter is an id.
            #disable-next-line use-resource-id-functions
            privateLinkServiceId: target.resourceId
            groupIds: [
              target.group
            ]
          }
        }
      ]
    }
  }
]

resource names 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2025-05-01' = [
  for (target, index) in targets: {
    parent: endpoints[index]
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [
        {
          name: target.group
          properties: {
            privateDnsZoneId: zones[indexOf(zoneNames, target.zone)].id
          }
        }
      ]
    }
    // A name that resolves before its zone is linked would lead to the public address, and be cached.
    dependsOn: [
      links
    ]
  }
]
