colour = "red"
webhook = "crm"
max_age = "1h"
