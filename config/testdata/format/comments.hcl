#first of the file   
   
   

webhook "crm" { # one   

  # in front of url
      # and another
  url = "https://h.example.com" // the address
  events = ["*"] # all
  /* inside */ active = true /* before the end */
  payload = { # fields
    email = expr("contact.email") # one
    campaign_name = expr("campaign.name") # two

    x = 1 # three
    # last
  }
  /* several
       lines  
  */
  timeout = "15s"
  # at the end
}


// loose




#last of the file
