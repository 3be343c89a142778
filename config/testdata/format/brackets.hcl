

webhook "crm" {

   url="https://h.example.com"
 events    =   ["a","b"  ]   
	payload = merge(mapping.m, {
	id = expr("contact.id")
	}, {
	name = "x"


	more = [{
	a = 1
	}, { b = 2 }]
	})
  headers={"X-A"=1,"X-B"=-2}
 query = {}
   retry{schedule=[]}
  auth   "basic"   {username="u"}

}
locals {
first=(1
+2)
 list=[
1,2,

3,
   4

   ]
  nested=[[[
  1
  ]]]
 one = upper( "x" )
second_name = cond?-1:!true
}
