# A message in a Discord channel for every prize.

event "prize.won" {
  sample = jsondecode(file("event.json")).data # what the expressions are checked against
}

webhook "discord" {
  # What stands behind webhooks/ in the URL that Discord gives: number/letters. Who has it can post.
  url    = "https://discord.com/api/webhooks/${env("DISCORD_WEBHOOK")}"
  query  = { wait = true } # answer when the message is saved; without it, what is not saved is a success too
  events = ["prize.won"]

  payload = {
    allowed_mentions = { parse = [] } # nobody is called, whatever a player's name says
    embeds = [
      {
        title       = "A prize went out"
        description = expr("(contact.first_name ?? 'Somebody') + ' won ' + prize.name")
        color       = 3447003 # blue
        timestamp   = expr("now()")
        fields = [ # Discord refuses an empty value
          { name = "Campaign", value = expr("campaign.name"), inline = true },
          { name = "Value", value = "${expr("fixed(prize.value, 2)")} EUR", inline = true },
        ]
      },
    ]
  }

  rate_limit        = "30/m" # Discord's own limit changes and comes with its answers; stay well below
  concurrency       = 1
  log_response_body = true
  retry {
    schedule  = ["5s", "30s", "2m", "10m", "1h"] # news of yesterday helps nobody
    permanent = [400, 401, 403, 404]             # Discord bars the address of a sender that insists
  }
}
