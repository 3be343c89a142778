event "a" {}
event "a" {}
