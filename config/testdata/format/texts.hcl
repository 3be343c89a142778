locals {
  plain = "  kept   as it is  "
  inner = "a ${ local.plain }  b ${local.list [ 0 ]}${   upper( local.plain ) }"
  negative = "${ -1 }"
  directive = "%{ if true }x%{ else }y%{ endif }"
  long = "${
  upper(
  "x"
  )
  }"
  list = [ "x" ]
  heredoc = <<EOT
 this stays   ${   local.plain }
	and	this   

EOT
  after_it = <<-EOT
      indented ${join(
  ",",
      local.list
        )}
    EOT
  last = 1
}

defaults {
method = "POST"
}
