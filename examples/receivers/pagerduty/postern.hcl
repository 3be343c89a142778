# An alert in PagerDuty when a campaign fails; resolved when it runs again.

event "campaign.failed" {
  sample = jsondecode(file("event.json")).data # what the expressions are checked against
}

event "campaign.recovered" {
  sample = jsondecode(file("event.json")).data
}

webhook "pagerduty" {
  url    = "https://events.pagerduty.com/v2/enqueue" # an account in the EU: https://events.eu.pagerduty.com/v2/enqueue
  events = ["campaign.failed", "campaign.recovered"]

  payload = {
    routing_key  = env("PAGERDUTY_ROUTING_KEY") # filled in when it is sent, kept nowhere else
    event_action = expr("event.type == 'campaign.recovered' ? 'resolve' : 'trigger'")
    dedup_key    = "campaign-${expr("campaign.id")}" # one alert a campaign, however often it fails
    client       = "Campaigns"
    client_url   = expr("campaign.url")
    payload = {
      summary   = expr("(campaign.name + ': ' + problem.text)[:1024]") # no more is taken
      severity  = expr("problem.fatal ? 'critical' : 'warning'")
      source    = "campaigns.example.com"
      timestamp = expr("now()")
      component = expr("campaign.name")
      class     = expr("event.type")
      custom_details = {
        campaign_id = expr("campaign.id")
        event_id    = expr("event.id")
        affected    = expr("problem.affected")
      }
    }
  }

  order_by          = expr("campaign.id") # so that a resolve does not overtake its trigger
  log_response_body = true                # PagerDuty lists what is wrong
  retry {
    schedule  = ["2s", "5s", "15s", "1m", "5m", "15m", "1h"] # soon, or not at all
    permanent = [400]                                        # the event is bad
  }
}
