touch mq/orders
other# mount --bind mq own
