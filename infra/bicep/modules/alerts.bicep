// Alerts for the operator. docs/operations.md explains each alert and what to do.

param name string
param location string
param insightsId string

@description('The address that gets a mail. Empty: alerts are shown only in the portal.')
param operatorEmail string

resource operators 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'ag-${name}'
  location: 'global'
  properties: {
    groupShortName: 'gatehouse'
    enabled: true
    emailReceivers: empty(operatorEmail) ? [] : [
      {
        name: 'operators'
        emailAddress: operatorEmail
        useCommonAlertSchema: true
      }
    ]
  }
}

var rules = [
  {
    name: 'failed-functions'
    text: 'Functions fail: timer runs that throw, or calls that are answered 5xx.'
    severity: 2
    every: 'PT15M'
    over: 'PT15M'
    query: 'requests | where success == false and (resultCode startswith "5" or resultCode in ("", "0")) | summarize failures = count() by operation_Name'
    measure: 'failures'
    above: 5
  }
  {
    name: 'no-archive-run'
    text: 'No run of ArchiveMessageCounts has succeeded for 26 hours. The platform deletes old counts, so they can be lost.'
    severity: 1
    every: 'PT1H'
    over: 'P2D'
    query: 'requests | where timestamp > ago(26h) and "ArchiveMessageCounts" in (name, operation_Name) and success == true | summarize runs = count() | extend missing = iff(runs == 0, 1, 0)'
    measure: 'missing'
    above: 0
  }
  {
    name: 'credential-warnings'
    text: 'A push credential expires soon or has expired, or the platform refuses a master token.'
    severity: 2
    every: 'PT1H'
    over: 'PT1H'
    query: 'traces | where message startswith "Alert push_credential." or message startswith "Alert master_token." | summarize warnings = count()'
    measure: 'warnings'
    above: 0
  }
  {
    // Uses the log, because Flex Consumption has no metric of HTTP answers.
    name: 'server-errors'
    text: 'More than 5 % of at least 20 calls in 15 minutes are answered 5xx.'
    severity: 1
    every: 'PT5M'
    over: 'PT15M'
    query: 'requests | where resultCode !in ("", "0") | summarize calls = count(), errors = countif(resultCode startswith "5") | extend rate = iff(calls < 20, 0.0, 100.0 * errors / calls)'
    measure: 'rate'
    above: 5
  }
]

resource rule 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [for rule in rules: {
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
}]
