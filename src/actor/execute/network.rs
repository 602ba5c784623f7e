//! Interfaces, routes and traffic.

use super::{Execute, Failure, Stage};
use crate::kernel::link::{self, VxlanEnd};
use crate::kernel::nft::{self, Chain};
use crate::kernel::ping::{self, Echo};
use crate::kernel::{file, socket};
use crate::model::nft::{Expression, Rule};
use crate::vocabulary::value::Destination;
use crate::vocabulary::verb::{
    Address, Bridge, Connect, Fdb, LinkDown, LinkUp, Listen, Mac, Master, MoveLink, Mtu, Nat, Nomaster, Ping,
    Publish, Route, Send, Sysctl, Veth, Vxlan,
};
use crate::vocabulary::{Ns, One, Val};
use std::os::fd::AsFd;
use std::time::Duration;

/// The longest time that a connection may take.
const CONNECT_PATIENCE: Duration = Duration::from_secs(2);

impl Execute for LinkUp {
    fn execute(&self, _: &mut Stage) -> Result<(), Failure> {
        Ok(link::set_up(&self.0)?)
    }
}

impl Execute for LinkDown {
    fn execute(&self, _: &mut Stage) -> Result<(), Failure> {
        Ok(link::set_down(&self.0)?)
    }
}

impl Execute for Veth {
    fn execute(&self, stage: &mut Stage) -> Result<(), Failure> {
        let One(of, peer) = &self.peer;
        let netns = stage.open_namespace(Ns::Net, of)?;
        Ok(link::veth(&self.name, peer, netns.as_fd())?)
    }
}

impl Execute for Bridge {
    fn execute(&self, _: &mut Stage) -> Result<(), Failure> {
        Ok(link::bridge(&self.0)?)
    }
}

impl Execute for Master {
    fn execute(&self, _: &mut Stage) -> Result<(), Failure> {
        Ok(link::set_master(&self.0.0, Some(&self.0.1))?)
    }
}

impl Execute for Nomaster {
    fn execute(&self, _: &mut Stage) -> Result<(), Failure> {
        Ok(link::set_master(&self.0, None)?)
    }
}

impl Execute for MoveLink {
    fn execute(&self, stage: &mut Stage) -> Result<(), Failure> {
        let One(name, of) = &self.0;
        let netns = stage.open_namespace(Ns::Net, of)?;
        Ok(link::move_to(name, netns.as_fd())?)
    }
}

impl Execute for Mac {
    fn execute(&self, _: &mut Stage) -> Result<(), Failure> {
        Ok(link::set_mac(&self.0.0, self.0.1.0)?)
    }
}

impl Execute for Mtu {
    fn execute(&self, _: &mut Stage) -> Result<(), Failure> {
        Ok(link::set_mtu(&self.0.0, self.0.1)?)
    }
}

impl Execute for Vxlan {
    fn execute(&self, _: &mut Stage) -> Result<(), Failure> {
        let remote = self.remote.map(|remote| remote.0);
        let end = VxlanEnd { id: self.id, local: self.local.0, remote, port: self.udp_port() };
        Ok(link::vxlan(&self.name, &end)?)
    }
}

impl Execute for Fdb {
    fn execute(&self, _: &mut Stage) -> Result<(), Failure> {
        Ok(link::add_fdb(&self.dev, self.mac.0, self.to.0)?)
    }
}

impl Execute for Address {
    fn execute(&self, _: &mut Stage) -> Result<(), Failure> {
        let One(name, address) = &self.0;
        Ok(link::add_address(name, address.address, address.prefix)?)
    }
}

impl Execute for Route {
    fn execute(&self, _: &mut Stage) -> Result<(), Failure> {
        let One(to, gateway) = &self.0;
        let to = match to {
            Destination::Default => None,
            Destination::Network(network) => Some((network.address, network.prefix)),
        };
        Ok(link::add_route(to, gateway.0)?)
    }
}

impl Execute for Nat {
    fn execute(&self, _: &mut Stage) -> Result<(), Failure> {
        let mut rule =
            self.from.map_or_else(Vec::new, |from| Expression::from_network(from.address, from.prefix));
        rule.extend(Expression::leaves_by(&self.out));
        rule.extend([Expression::counter(), Expression::Masquerade]);
        Ok(nft::append(Chain::Postrouting, &Rule(rule))?)
    }
}

impl Execute for Publish {
    fn execute(&self, _: &mut Stage) -> Result<(), Failure> {
        let mut rule = Expression::to_tcp_port(self.port.into()).to_vec();
        rule.push(Expression::counter());
        rule.extend(Expression::dnat_to(*self.to.0.ip(), self.to.0.port()));
        let chain = if self.own { Chain::Output } else { Chain::Prerouting };
        Ok(nft::append(chain, &Rule(rule))?)
    }
}

impl Execute for Sysctl {
    fn execute(&self, stage: &mut Stage) -> Result<(), Failure> {
        let One(name, value) = &self.0;
        Ok(file::write(&stage.at(name.file()), &format!("{value}\n"))?)
    }
}

impl Execute for Ping {
    fn execute(&self, stage: &mut Stage) -> Result<(), Failure> {
        let default = Echo::default();
        let echo = Echo {
            count: self.count.unwrap_or(default.count),
            wait: self.wait.as_ref().and_then(Val::duration).unwrap_or(default.wait),
            size: self.size.map_or(default.size, |size| size as usize),
            dont_fragment: self.dont_fragment.unwrap_or(default.dont_fragment),
        };
        let report = ping::ping(self.to.0, &echo)?;
        stage.output = Some(report.to_string());
        Ok(())
    }
}

impl Execute for Listen {
    fn execute(&self, stage: &mut Stage) -> Result<(), Failure> {
        stage.box_state.sockets.push(socket::listen(self.0.into())?);
        Ok(())
    }
}

impl Execute for Connect {
    fn execute(&self, _: &mut Stage) -> Result<(), Failure> {
        Ok(socket::connect(self.0.0, CONNECT_PATIENCE)?)
    }
}

impl Execute for Send {
    fn execute(&self, _: &mut Stage) -> Result<(), Failure> {
        Ok(socket::send_datagram(self.to.0, &self.text)?)
    }
}
