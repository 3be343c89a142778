test "each receiver can check what it gets" {
  event = jsondecode(file("event.json"))
  now   = "2021-02-25T15:02:10Z"
  env = {
    NEW_SECRET    = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    OLD_SECRET    = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
    PRIVATE_KEY   = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbc="
    HUB_SECRET    = "It's a Secret to Everybody"
    LEDGER_SECRET = "whsec_abcdefghijklmnopqrstuvwxyz012345"
  }

  expect "standard" {
    signed = true
    json   = { id = "A-7", total = 129.90 }
  }
  expect "build" {
    signed = true
    json   = { id = "A-7", total = 129.90 }
  }
  expect "ledger" {
    signed = true
    json   = { id = "A-7", total = 129.90 }
  }
  expect "store" {
    signed = true
    json   = { id = "A-7", total = 129.90 }
  }
  expect "chat" {
    signed  = true
    headers = { X-Slack-Request-Timestamp = "1614265330" }
    json    = { text = "Order A-7 is paid" }
  }
  expect "sheet" {
    signed = true
    url    = "https://sheets.example.com/row?sheet=orders&id=A-7&total=129.90"
  }
}
