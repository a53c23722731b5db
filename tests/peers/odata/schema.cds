// A small customer model of our own, served by CAP as OData v4.
namespace peers;

using { managed } from '@sap/cds/common';

entity Customers : managed {
  key ID       : String(20);
      name     : String(200);
      website  : String(200);
      revenue  : Decimal(15, 2);
      currency : String(3);
      renewal  : Date;
      since    : Date;
      manager  : Association to Managers;
      contacts : Association to many Contacts on contacts.customer = $self;
}

entity Contacts : managed {
  key ID       : String(20);
      first    : String(80);
      last     : String(80);
      mail     : String(200);
      position : String(80);
      customer : Association to Customers;
}

entity Managers : managed {
  key ID   : String(20);
      name : String(80);
      mail : String(200);
}

entity Requests : managed {
  key ID       : String(20);
      subject  : String(200);
      state    : String(20);
      customer : Association to Customers;
}
