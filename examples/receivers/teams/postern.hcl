# A card in a Microsoft Teams channel for every prize, by way of a workflow.

event "prize.won" {
  sample = jsondecode(file("event.json")).data # what the expressions are checked against
}

webhook "teams" {
  url    = env("TEAMS_WORKFLOW_URL") # all of it, as the workflow shows it: the key (sig) stands in its query
  events = ["prize.won"]

  payload = {
    type = "message"
    attachments = [
      {
        contentType = "application/vnd.microsoft.card.adaptive"
        content = {
          "$schema" = "http://adaptivecards.io/schemas/adaptive-card.json" # not fetched: the name of the format
          type      = "AdaptiveCard"
          version   = "1.4"
          body = [
            { type = "TextBlock", text = "A prize went out", size = "Medium", weight = "Bolder" },
            {
              type = "FactSet"
              facts = [
                { title = "Winner", value = expr("contact.first_name ?? 'Somebody'") },
                { title = "Prize", value = expr("prize.name") },
                { title = "Value", value = "${expr("fixed(prize.value, 2)")} EUR" },
                { title = "Campaign", value = expr("campaign.name") },
              ]
            },
          ]
          actions = [
            { type = "Action.OpenUrl", title = "Open the campaign", url = expr("campaign.url") },
          ]
        }
      },
    ]
  }

  rate_limit        = "1/s" # a channel takes four in a second
  concurrency       = 1
  log_response_body = true
  retry {
    schedule  = ["5s", "30s", "2m", "10m", "1h"] # news of yesterday helps nobody
    permanent = [400]                            # the card is bad
  }
}
