#!/bin/bash
# a namespace of its own

readlink /proc/self/ns/uts
unshare -u sh
readlink /proc/self/ns/uts
