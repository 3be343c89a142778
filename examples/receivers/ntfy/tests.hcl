test "a large prize is loud" {
  event = jsondecode(file("event.json"))
  env   = { NTFY_TOKEN = "tk_test" }

  expect "ntfy" {
    url     = "https://ntfy.sh/"
    headers = { Authorization = "Bearer tk_test" }
    json = {
      topic    = "campaign-prizes"
      title    = "Summer Promotion"
      message  = "Zoë won TV 55\""
      priority = 5
      tags     = ["gift"]
      click    = "https://app.example.com/campaigns/12"
    }
  }
}

test "a small one is not" {
  event = { type = "prize.won", data = { prize = { name = "a mug", value = 8 } } }
  expect "ntfy" {
    json_contains = { message = "Somebody won a mug", priority = 3 }
  }
}
