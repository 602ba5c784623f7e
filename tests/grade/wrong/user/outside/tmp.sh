echo x > /tmp/royal
