# A notification on a phone for every prize; a loud one for a large prize.

event "prize.won" {
  sample = jsondecode(file("event.json")).data # what the expressions are checked against
}

webhook "ntfy" {
  url    = "https://ntfy.sh/" # the server itself, no topic: that is how it takes JSON. Or a server of your own
  events = ["prize.won"]

  auth "bearer" { token = env("NTFY_TOKEN") } # tk_…; may be left out for a topic that anybody may use

  payload = {
    topic    = "campaign-prizes" # reserve it: who knows the name of an open topic can read it and write to it
    title    = expr("campaign.name")
    message  = "${expr("contact.first_name ?? 'Somebody'")} won ${expr("prize.name")}"
    priority = expr("prize.value >= 1000 ? 5 : 3") # 1 to 5; 3 is normal
    tags     = ["gift"]                            # shown as an emoji
    click    = expr("campaign.url")
  }

  rate_limit  = "10/m" # ntfy.sh refills one in 5 seconds, behind a first 60
  concurrency = 1
  retry {
    schedule  = ["5s", "30s", "2m", "10m", "1h"] # news of yesterday helps nobody
    permanent = [400]
  }
}
