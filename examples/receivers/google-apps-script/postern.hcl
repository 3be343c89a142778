# A row in a Google sheet for every prize, by the GET of an Apps Script web app.

event "prize.won" {
  sample = jsondecode(file("event.json")).data # what the expressions are checked against
}

webhook "sheet" {
  url    = "https://script.google.com/macros/s/${env("APPS_SCRIPT_DEPLOYMENT")}/exec"
  method = "GET"
  events = ["prize.won"]
  query  = { key = env("SHEET_KEY") } # the script compares it: anyone can call the address

  # All of it stands in the URL: send what the sheet needs, and no more.
  payload = {
    id    = expr("event.id") # by which the script knows a row that came twice
    when  = expr("now().In(timezone('Europe/Copenhagen')).Format('2006-01-02 15:04:05')")
    email = expr("contact.email")
    name  = expr("contact.first_name") # null: left out
    prize = expr("prize.name")
    value = expr("fixed(prize.value, 2)")
  }

  # The script has run when the answer leads to its text; any other is no row.
  success_when      = expr("status == 302 && headers.location startsWith 'https://script.googleusercontent.com/'")
  log_response_body = true # an error is a page with status 200

  concurrency = 1     # one row after the other
  timeout     = "60s" # scripts are slow to start
}
