touch mq/invoices
other# mkdir -p own; echo orders
