nsenter --pid=/proc/$boss/ns/pid sh
