> mq/orders
other# mount -t mqueue mqueue own; ls own
