webhook "crm" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  payload = {
    a = "x ${null}"
    b = "x ${[1]}"
    c = "x ${{ a = 1 }}"
    d = "${1 + "a"}"
  }
}
