webhook "crm" {}
mapping "m" {}
