test "a prize becomes a row" {
  event = jsondecode(file("event.json"))
  env   = { APPS_SCRIPT_DEPLOYMENT = "AKfycbTEST", SHEET_KEY = "sheet-key" }

  expect "sheet" {
    method = "GET"
    query = {
      key   = "sheet-key"
      id    = "sheet-1"
      when  = "2026-06-17 10:00:05"
      email = "user+tv@example.com"
      prize = "TV 55\" & stand"
      value = "499.50"
    }
    body = ""

    # Not open to anyone, then an error page, and then it runs.
    respond = [
      { status = 302, headers = { Location = "https://accounts.google.com/ServiceLogin" } },
      { status = 200, body = "<!DOCTYPE html>" },
      { status = 302, headers = { Location = "https://script.googleusercontent.com/macros/echo?user_content_key=x" } },
    ]
    attempts = 3
  }
}
