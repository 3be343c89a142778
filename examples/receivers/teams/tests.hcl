test "a prize becomes a card" {
  event = jsondecode(file("event.json"))
  env   = { TEAMS_WORKFLOW_URL = "https://prod-01.westeurope.logic.azure.com/workflows/0a1b/triggers/manual/paths/invoke?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=test" }

  expect "teams" {
    url = "https://prod-01.westeurope.logic.azure.com/workflows/0a1b/triggers/manual/paths/invoke?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=test"
    json = {
      type = "message"
      attachments = [
        {
          contentType = "application/vnd.microsoft.card.adaptive"
          content = {
            "$schema" = "http://adaptivecards.io/schemas/adaptive-card.json"
            type      = "AdaptiveCard"
            version   = "1.4"
            body = [
              { type = "TextBlock", text = "A prize went out", size = "Medium", weight = "Bolder" },
              {
                type = "FactSet"
                facts = [
                  { title = "Winner", value = "Zoë" },
                  { title = "Prize", value = "TV 55\"" },
                  { title = "Value", value = "499.50 EUR" },
                  { title = "Campaign", value = "Summer Promotion" },
                ]
              },
            ]
            actions = [
              { type = "Action.OpenUrl", title = "Open the campaign", url = "https://app.example.com/campaigns/12" },
            ]
          }
        },
      ]
    }

    respond  = [429, 202]
    attempts = 2
  }
}
