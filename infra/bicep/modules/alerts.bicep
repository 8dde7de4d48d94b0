// Alerts for the operator. docs/operations.md explains each alert and what to do.

param name string
param location string
param insightsId string
param vaultId string
param storageIds string[]

@description('The address of the readiness check, for calls from outside. Empty: nobody outside can call it.')
param readyAddress string

@description('The address that gets a mail. Empty: alerts are shown only in the portal.')
param operatorEmail string

resource operators 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'ag-${name}'
  location: 'global'
  properties: {
    groupShortName: 'gatehouse'
    enabled: true
    emailReceivers: empty(operatorEmail)
      ? []
      : [
          {
            name: 'operators'
            emailAddress: operatorEmail
            useCommonAlertSchema: true
          }
        ]
  }
}

// Jobs that have not ended successfully within the allowed time, and five minutes for the telemetry to arrive. The allowed time is
// twice the period. A run can take an hour, and a background job can wait for one, so it has at least its period and an hour. A rule puts the jobs
// with their allowed times between these two.
var runs = '''
customMetrics
| where name == "gatehouse.call.duration" and customDimensions.outcome == "done"
| summarize ran = max(timestamp) by ranJob = tostring(customDimensions.operation)
| join kind=rightouter (datatable(job: string, allowed: timespan)
'''
var overdue = '''
) on $left.ranJob == $right.job
| where isnull(ran) or ran < now() - allowed - 5m
| summarize overdue = count() by job
'''

var rules = [
  {
    name: 'job-overdue'
    text: 'A job that is due every minute, or every ten, has not ended successfully in time.'
    severity: 1
    every: 'PT5M'
    over: 'PT2H'
    query: '${runs}["RotateTokens", 2m, "DeliverAlerts", 2m, "RunBackfills", 61m, "PurgeCalls", 70m]${overdue}'
    measure: 'overdue'
    by: ['job']
    above: 0
  }
  {
    name: 'daily-job-overdue'
    text: 'A job that is due every hour or every day has not ended successfully in twice that time. Without ArchiveMessageCounts, counts are lost when the platform deletes them.'
    severity: 1
    every: 'PT1H'
    over: 'P2D'
    // A window is two days at the most. A daily job that is not seen in it is overdue.
    query: '${runs}["AdoptApplications", 2h, "ArchiveMessageCounts", 48h, "CheckPushCredentials", 48h, "PurgeUsageMarks", 48h]${overdue}'
    measure: 'overdue'
    by: ['job']
    above: 0
  }
  {
    name: 'failed-jobs'
    text: 'Runs of a job fail.'
    severity: 2
    every: 'PT15M'
    over: 'PT15M'
    query: 'customMetrics | where name == "gatehouse.call.duration" and customDimensions.outcome == "failed" | summarize failures = sum(valueCount) by job = tostring(customDimensions.operation)'
    measure: 'failures'
    by: ['job']
    above: 5
  }
  {
    name: 'credential-warnings'
    text: 'A push credential expires soon or has expired, or the platform refuses a master token.'
    severity: 2
    every: 'PT1H'
    over: 'PT1H'
    query: 'traces | where message startswith "Alert push_credential." or message startswith "Alert master_token." | summarize warnings = count()'
    measure: 'warnings'
    by: []
    above: 0
  }
  {
    // Uses measures, because Flex Consumption has no metric of HTTP answers.
    name: 'server-errors'
    text: 'More than 5 % of at least 20 calls in 15 minutes are answered 5xx.'
    severity: 1
    every: 'PT5M'
    over: 'PT15M'
    query: 'customMetrics | where name == "gatehouse.call.duration" | extend outcome = tostring(customDimensions.outcome) | where outcome matches regex "^[1-5][0-9][0-9]$" | summarize calls = sum(valueCount), errors = sumif(valueCount, outcome startswith "5") | extend rate = iff(calls < 20, 0.0, 100.0 * errors / calls)'
    measure: 'rate'
    by: []
    above: 5
  }
]

resource rule 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = [
  for rule in rules: {
    name: '${rule.name}-${name}'
    location: location
    properties: {
      displayName: rule.name
      description: rule.text
      severity: rule.severity
      enabled: true
      scopes: [
        insightsId
      ]
      evaluationFrequency: rule.every
      windowSize: rule.over
      criteria: {
        allOf: [
          {
            query: rule.query
            timeAggregation: 'Total'
            metricMeasureColumn: rule.measure
            dimensions: [
              for column in rule.by: {
                name: column
                operator: 'Include'
                values: [
                  '*'
                ]
              }
            ]
            operator: 'GreaterThan'
            threshold: rule.above
            failingPeriods: {
              numberOfEvaluationPeriods: 1
              minFailingPeriodsToAlert: 1
            }
          }
        ]
      }
      autoMitigate: true
      actions: {
        actionGroups: [
          operators.id
        ]
      }
    }
  }
]

resource availabilityTest 'Microsoft.Insights/webtests@2022-06-15' = if (!empty(readyAddress)) {
  name: 'ready-${name}'
  location: location
  kind: 'standard'
  tags: {
    'hidden-link:${insightsId}': 'Resource'
  }
  properties: {
    SyntheticMonitorId: 'ready-${name}'
    Name: 'ready-${name}'
    Kind: 'standard'
    Enabled: true
    Frequency: 900
    Timeout: 30
    RetryEnabled: true
    Locations: [
      {
        Id: 'emea-nl-ams-azr'
      }
      {
        Id: 'us-va-ash-azr'
      }
      {
        Id: 'apac-sg-sin-azr'
      }
    ]
    Request: {
      RequestUrl: readyAddress
      HttpVerb: 'GET'
    }
    ValidationRules: {
      ExpectedHttpStatusCode: 200
      SSLCheck: true
      SSLCertRemainingLifetimeCheck: 7
    }
  }
}

resource unavailable 'Microsoft.Insights/metricAlerts@2026-01-01' = if (!empty(readyAddress)) {
  name: 'unavailable-${name}'
  location: 'global'
  properties: {
    description: 'The app is not ready, seen from at least two of three places.'
    severity: 1
    enabled: true
    scopes: [
      availabilityTest.id
      insightsId
    ]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT30M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria'
      webTestId: availabilityTest.id
      componentId: insightsId
      failedLocationCount: 2
    }
    actions: [
      {
        actionGroupId: operators.id
      }
    ]
  }
}

resource vaultThrottles 'Microsoft.Insights/metricAlerts@2026-01-01' = {
  name: 'vault-throttles-${name}'
  location: 'global'
  properties: {
    description: 'Key Vault refuses requests because there are too many.'
    severity: 2
    enabled: true
    scopes: [
      vaultId
    ]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'throttled'
          metricNamespace: 'Microsoft.KeyVault/vaults'
          metricName: 'ServiceApiResult'
          dimensions: [
            {
              name: 'StatusCode'
              operator: 'Include'
              values: [
                '429'
              ]
            }
          ]
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 10
        }
      ]
    }
    actions: [
      {
        actionGroupId: operators.id
      }
    ]
  }
}

resource tablesThrottle 'Microsoft.Insights/metricAlerts@2026-01-01' = [
  for (storageId, index) in storageIds: {
    name: 'tables-throttle-${index}-${name}'
    location: 'global'
    properties: {
      description: 'Table Storage refuses requests because there are too many.'
      severity: 2
      enabled: true
      scopes: [
        '${storageId}/tableServices/default'
      ]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT15M'
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            criterionType: 'StaticThresholdCriterion'
            name: 'throttled'
            metricNamespace: 'Microsoft.Storage/storageAccounts/tableServices'
            metricName: 'Transactions'
            dimensions: [
              {
                name: 'ResponseType'
                operator: 'Include'
                values: [
                  'ClientThrottlingError'
                  'ClientAccountRequestThrottlingError'
                  'ServerBusyError'
                ]
              }
            ]
            timeAggregation: 'Total'
            operator: 'GreaterThan'
            threshold: 10
          }
        ]
      }
      actions: [
        {
          actionGroupId: operators.id
        }
      ]
    }
  }
]
