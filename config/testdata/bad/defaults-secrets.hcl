defaults {
  secret = ["short"]
}
