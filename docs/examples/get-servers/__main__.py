import pulumi
import pulumi_postject as postject

staging = postject.get_servers_output(name_contains="staging")

pulumi.export("servers", staging.servers)
