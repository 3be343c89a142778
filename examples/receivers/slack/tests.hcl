test "a prize is told, and nobody is called by a name" {
  event = jsondecode(file("event.json"))
  env   = { SLACK_WEBHOOK = "T00000000/B00000000/test" }

  expect "slack" {
    url = "https://hooks.slack.com/services/T00000000/B00000000/test"
    json = {
      text = "Zoë &lt;!channel&gt; won TV 55\""
      blocks = [
        { type = "header", text = { type = "plain_text", text = "A prize went out" } },
        {
          type = "section"
          fields = [
            { type = "mrkdwn", text = "*Winner*\nZoë &lt;!channel&gt;" },
            { type = "mrkdwn", text = "*E-mail*\nu***@example.com" },
            { type = "mrkdwn", text = "*Prize*\nTV 55\"" },
            { type = "mrkdwn", text = "*Value*\n499.50 EUR" },
          ]
        },
        { type = "context", elements = [{ type = "mrkdwn", text = "Sun &amp; Sand" }] },
      ]
    }
  }
}

test "too fast is tried again, a bad message is not" {
  event = jsondecode(file("event.json"))
  expect "slack" {
    respond  = [429, 400]
    attempts = 2
  }
}

test "a large prize is told by the Web API as well" {
  event = {
    type = "prize.won"
    data = {
      contact  = { email = "user@example.com", first_name = "Zoë" }
      campaign = { name = "Sun & Sand" }
      prize    = { name = "Car & keys", value = 24990 }
    }
  }
  env = { SLACK_TOKEN = "xoxb-test" }

  expect "slack" {}
  expect "slack-api" {
    url     = "https://slack.com/api/chat.postMessage"
    headers = { Authorization = "Bearer xoxb-test", Content-Type = "application/json" }
    json    = { channel = "C0123456789", text = "Zoë won Car &amp; keys" }

    respond = [
      { status = 200, body = { ok = false, error = "not_in_channel" } }, # no success, though it is a 200
      { status = 200, body = { ok = true } },
    ]
    attempts = 2
  }
}
