touch royal
ls -ln plain royal
