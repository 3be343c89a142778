# Every event of the app, to a Zap.

webhook "zapier" {
  # What stands behind catch/ in the URL that Zapier gives, without the last slash: 123456/abcdef. Who has it can start the Zap.
  url    = "https://hooks.zapier.com/hooks/catch/${env("ZAPIER_HOOK")}/"
  events = ["*"]

  # No payload: the standard one is sent, {"type": …, "timestamp": …, "data": …}.

  rate_limit = "20/s"
}
