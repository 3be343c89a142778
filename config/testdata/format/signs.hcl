locals {
a=1
bb=[2]
ccc={d=1}

dddd=4
e={
f=1
gggg=2
"hh"="five"
(local.a)=3
}
h=-1
i=3- -1
j=1-2*-3
k=[for x in[1,2]:-x if(x>0)]
l={for k,v in{a=1}:k=>-v...}
m=local.list.*.name
n=local.list[*].name
o=local.list.0 .1
p=local.list[0] [1]
q={a:1,b:2}
Zoë="wide"
y=1
}
