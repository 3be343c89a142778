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

    respond  = [{ status = 302, headers = { Location = "https://script.googleusercontent.com/macros/echo?user_content_key=x" } }]
    attempts = 1
  }
}

test "neither an error page nor a login is a success" {
  event = jsondecode(file("event.json"))
  expect "sheet" {
    respond = [
      { status = 200, body = "<html>TypeError</html>" },
      { status = 302, headers = { Location = "https://accounts.google.com/ServiceLogin" } },
      { status = 302, headers = { Location = "https://script.googleusercontent.com/macros/echo?user_content_key=x" } },
    ]
    attempts = 3
  }
}
