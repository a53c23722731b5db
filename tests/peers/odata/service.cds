using { peers } from '../db/schema';

service Crm @(path: '/odata/v4/crm', requires: 'any') {
  entity Customers as projection on peers.Customers;
  entity Contacts  as projection on peers.Contacts;
  entity Managers  as projection on peers.Managers;
  entity Requests  as projection on peers.Requests;
}
