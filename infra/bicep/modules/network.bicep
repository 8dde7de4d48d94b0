// The virtual network for the function app's outgoing traffic and for the private endpoints.

param name string
param location string
param networkRange string
param functionSubnetRange string
param endpointSubnetRange string

// The app's subnet carries outgoing traffic only.
resource functionRules 'Microsoft.Network/networkSecurityGroups@2025-05-01' = {
  name: 'nsg-${name}-functions'
  location: location
  properties: {
    securityRules: [
      {
        name: 'deny-inbound'
        properties: {
          priority: 4000
          direction: 'Inbound'
          access: 'Deny'
          protocol: '*'
          sourceAddressPrefix: '*'
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '*'
        }
      }
    ]
  }
}

// Private endpoints take HTTPS from the virtual network, and from networks that are peered with it.
resource endpointRules 'Microsoft.Network/networkSecurityGroups@2025-05-01' = {
  name: 'nsg-${name}-endpoints'
  location: location
  properties: {
    securityRules: [
      {
        name: 'allow-https'
        properties: {
          priority: 100
          direction: 'Inbound'
          access: 'Allow'
          protocol: 'Tcp'
          sourceAddressPrefix: 'VirtualNetwork'
          sourcePortRange: '*'
          destinationAddressPrefix: endpointSubnetRange
          destinationPortRange: '443'
        }
      }
      {
        name: 'deny-inbound'
        properties: {
          priority: 4000
          direction: 'Inbound'
          access: 'Deny'
          protocol: '*'
          sourceAddressPrefix: '*'
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '*'
        }
      }
    ]
  }
}

resource network 'Microsoft.Network/virtualNetworks@2025-05-01' = {
  name: 'vnet-${name}'
  location: location
  properties: {
    addressSpace: {
      addressPrefixes: [
        networkRange
      ]
    }
  }
}

// The subnets are not a part of the network's own properties: a deployment would delete the others, such as that of the runners.
resource functionSubnet 'Microsoft.Network/virtualNetworks/subnets@2025-05-01' = {
  parent: network
  name: 'functions'
  properties: {
    addressPrefix: functionSubnetRange
    networkSecurityGroup: {
      id: functionRules.id
    }
    delegations: [
      {
        name: 'flex'
        properties: {
          // Flex Consumption requires this delegation.
          serviceName: 'Microsoft.App/environments'
        }
      }
    ]
  }
}

resource endpointSubnet 'Microsoft.Network/virtualNetworks/subnets@2025-05-01' = {
  parent: network
  name: 'endpoints'
  properties: {
    addressPrefix: endpointSubnetRange
    networkSecurityGroup: {
      id: endpointRules.id
    }
    // Otherwise the rules above do not apply to private endpoints.
    privateEndpointNetworkPolicies: 'NetworkSecurityGroupEnabled'
  }
  // A network takes one change at a time.
  dependsOn: [
    functionSubnet
  ]
}

output virtualNetworkId string = network.id
output functionSubnetId string = functionSubnet.id
output endpointSubnetId string = endpointSubnet.id
