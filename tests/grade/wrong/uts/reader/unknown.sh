hostnme wren
