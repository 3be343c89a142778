webhook "crm" {}
mapping "m" {}
listen "unix" {}
