# A message in a Slack channel for every prize.

event "prize.won" {
  sample = jsondecode(file("event.json")).data # what the expressions are checked against
}

webhook "slack" {
  # What stands behind services/ in the URL that Slack gives: T…/B…/…. Who has it can post.
  url    = "https://hooks.slack.com/services/${env("SLACK_WEBHOOK")}"
  events = ["prize.won"]

  # What people typed goes through slack_escape: without it "<!channel>" as a first name calls everybody.
  payload = {
    text = "${expr("slack_escape(contact.first_name ?? 'Somebody')")} won ${expr("slack_escape(prize.name)")}" # for notifications
    blocks = [
      { type = "header", text = { type = "plain_text", text = "A prize went out" } },
      {
        type = "section"
        fields = [
          { type = "mrkdwn", text = "*Winner*\n${expr("slack_escape(contact.first_name ?? 'Somebody')")}" },
          { type = "mrkdwn", text = "*E-mail*\n${expr("slack_escape(mask_email(contact.email))")}" }, # u***@example.com
          { type = "mrkdwn", text = "*Prize*\n${expr("slack_escape(prize.name)")}" },
          { type = "mrkdwn", text = "*Value*\n${expr("fixed(prize.value, 2)")} EUR" },
        ]
      },
      { type = "context", elements = [{ type = "mrkdwn", text = expr("slack_escape(campaign.name)") }] },
    ]
  }

  rate_limit        = "1/s" # what Slack allows
  concurrency       = 1     # one after the other, so that the channel reads in order while all is well
  log_response_body = true  # Slack says in a word what is wrong
  retry {
    schedule  = ["5s", "30s", "2m", "10m", "1h"] # news of yesterday helps nobody
    permanent = [400]                            # the message is bad
  }
}

# The same by the Web API, for more channels than one by one token: here large prizes, to the managers.
webhook "slack-api" {
  url    = "https://slack.com/api/chat.postMessage"
  events = ["prize.won"]
  filter = expr("prize.value >= 1000")

  auth "bearer" { token = env("SLACK_TOKEN") } # xoxb-…, with the scope "chat:write"

  payload = {
    channel = "C0123456789" # the app has to be in it
    text    = "${expr("slack_escape(contact.first_name ?? 'Somebody')")} won ${expr("slack_escape(prize.name)")}"
  }

  success_when      = expr("status < 300 and body?.ok == true") # the Web API answers 200 to nearly everything
  rate_limit        = "1/s"
  concurrency       = 1
  log_response_body = true
  retry {
    schedule = ["5s", "30s", "2m", "10m", "1h"]
  }
}
