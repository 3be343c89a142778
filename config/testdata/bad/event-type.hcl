event "a*" {}
event "" {}
event " a" {}
