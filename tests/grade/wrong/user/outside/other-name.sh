echo x > regal
