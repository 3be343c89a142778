agent {}
agent {}
console {}
console {}
queue "embedded" {}
queue "embedded" {}
egress {}
egress {}
defaults {}
defaults {}
