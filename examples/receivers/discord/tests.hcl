test "a prize is told, and nobody is called" {
  event = jsondecode(file("event.json"))
  env   = { DISCORD_WEBHOOK = "1100000000000000000/test" }

  expect "discord" {
    url = "https://discord.com/api/webhooks/1100000000000000000/test?wait=true"
    json = {
      allowed_mentions = { parse = [] }
      embeds = [
        {
          title       = "A prize went out"
          description = "@everyone won TV 55\""
          color       = 3447003
          timestamp   = "2026-06-17T08:00:05Z"
          fields = [
            { name = "Campaign", value = "Summer Promotion", inline = true },
            { name = "Value", value = "499.50 EUR", inline = true },
          ]
        },
      ]
    }
  }
}

test "a webhook that was deleted is not asked again" {
  event = jsondecode(file("event.json"))
  expect "discord" {
    respond  = [404]
    attempts = 1
  }
}
