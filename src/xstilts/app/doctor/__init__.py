"""What is here to run studies with: the machine, the installation, files and the network."""
