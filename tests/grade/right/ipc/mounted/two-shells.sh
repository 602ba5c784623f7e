touch mq/orders
other# mount -t mqueue none own
