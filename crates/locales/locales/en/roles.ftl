nav-groups = Groups
nav-roles = Roles
col-created = Created
roles-help = How groups and roles work
groups-lead = A group gives the same roles to several members. They have its roles as long as they are in the group.
groups-empty = No groups yet. Create one for a team, add its members, and give the group roles instead of giving them to each person.
groups-search = Name or ID of a group
groups-none = No group has “{ $text }” in its name.
groups-all = All groups
groups-more = Show more groups
group-create = Create group
group-create-lead = Next, you add members and give the group roles.
group-lead = Everyone in this group has its roles, in addition to their own.
group-members-hint = Members who are added have the roles of the group from the next request.
group-members-empty = No members yet.
group-add = Email address of a member
group-add-button = Add to group
group-add-hint = Only members of this organization can be in a group.
group-no-member = No member of this organization has this email address.
group-remove-of = Remove { $name } from the group
group-remove-title = Remove { $name } from “{ $group }”
group-remove-none = The group has no roles, so nothing changes for this person. They stay a member of the organization.
group-remove-what = { $count ->
    [one] From the next request, this person no longer has the role of the group, unless they have it in another way. They stay a member of the organization.
   *[other] From the next request, this person no longer has the { $count } roles of the group, except those that they have in another way. They stay a member of the organization.
}
group-roles-hint = Roles that everyone in the group has, in the organization or in a project.
group-roles-empty = This group has no roles yet, so it permits nothing.
group-name = Name and ID
group-id = Group ID
group-delete = Delete group
group-delete-title = Delete the group “{ $name }”
group-delete-none = No one loses a role. You cannot undo this.
group-delete-what = { $count ->
    [one] { $count } person loses the roles of this group from the next request. They stay a member of the organization. You cannot undo this.
   *[other] { $count } people lose the roles of this group from the next request. They stay members of the organization. You cannot undo this.
}
place-organization = Whole organization
place-archived = Archived project
role-where = Applies in
role-show = Show roles
role-give = Give role
role-give-to = Give a role to { $name }
role-give-person = The role applies from the next request.
role-give-group-none = No one is in this group yet. Members who are added later will have the role.
role-give-group = { $count ->
    [one] { $count } person has the role from the next request.
   *[other] { $count } people have the role from the next request.
}
role-choose = Role ({ $place })
role-held = given already
role-take = Take away
role-take-button = Take away { $role }
role-take-of = Take away the role “{ $role }” ({ $place })
role-take-group-none = No one is in this group, so no one loses the role.
role-take-group = { $count ->
    [one] { $count } person loses this role from the next request, unless they have it in another way.
   *[other] { $count } people lose this role from the next request, unless they have it in another way.
}
role-take-person = { $name } loses this role from the next request, unless they also have it from a group.
roles-lead = A role is a set of permissions. Roles of the organization apply in every project.
roles-lead-project = Roles that can be given in the project { $project }. They apply only there.
roles-no-custom = There are no custom roles here yet. Create one when a predefined role permits too much or too little.
roles-more = Show more roles
role-create = Create role
role-people = People
role-predefined = Predefined
role-lead = A role of the organization. It applies in every project.
role-lead-project = A role of the project { $project }. It applies only there.
role-preset-lead = It is predefined and cannot be changed.
role-name = Name and description
role-name-hint = The name is unique among the roles of the organization or project.
role-description = Description
role-description-hint = Optional. What the role is for.
role-permissions-hint = Changing something does not include reading it. You can give only permissions that you have yourself.
role-save = Save role
role-affects = { $count ->
    [one] The change applies to { $count } person from the next request.
   *[other] The change applies to { $count } people from the next request.
}
role-holders = Who has it
role-holders-hint = People and groups to which the role was given directly.
role-holders-none = No one has this role. Open a member or a group to give it.
role-holders-cut = Only the first 100 people, sorted by name, are listed.
role-kind = Type
role-kind-group = Group
role-kind-person = Person
role-delete = Delete role
role-delete-hint = The role is taken away from everyone who has it.
role-delete-title = Delete the role “{ $name }”
role-delete-none = No one has this role. You cannot undo this.
role-delete-what = { $count ->
    [one] { $count } person loses this role from the next request. You cannot undo this.
   *[other] { $count } people lose this role from the next request. You cannot undo this.
}
project-groups-hint = Groups with a role in this project. Their members have the role here.
role-from = From
role-direct = Given directly
member-may = Permissions
member-may-hint = What this person may do with all roles and groups together. A project is listed with what it adds.
may-everywhere = In every project
member-roles = Roles
member-roles-hint = Their own roles and those of their groups. A role from a group ends when the person leaves the group.
member-roles-empty = This person has no roles, so they may do nothing.
member-groups-hint = Add or remove this person on the page of a group.
member-groups-empty = This person is in no group.
area-models = Models
area-responses = Responses
area-files = Files
area-batches = Batches
area-usage = Usage
area-management = Organization settings
area-groups = Groups
area-roles = Roles
area-project-settings = Project settings
area-others = Other permissions
may-everything = Everything
may-nothing = Nothing
may-models = List models and send requests to them
may-responses = Read, create and cancel responses
may-files = Read, upload and delete files
may-batches = Read, create and cancel batches
may-management = Read and change organization settings
may-project-settings-read = Read project settings
may-project-settings-write = Change project settings
may-project-settings = Read and change project settings
may-groups = See and change groups
may-roles = See and change roles
invite-project = { $project }: { $role }
invite-expired = Expired
invite-expired-at = Invitation expired { $when }
invite-again-to = Resend the invitation to { $email }
invite-cancel-of = Cancel the invitation of { $email }
done-group-created = Group created.
done-group-deleted = Group deleted.
done-group-renamed = Group renamed.
done-person-added = Member added to the group.
done-person-removed = Member removed from the group.
done-role-created = Role created. Give it to a member or a group.
done-role-deleted = Role deleted.
done-role-given = Role given. It applies from the next request.
done-role-saved = Role saved. The change applies from the next request.
done-role-taken = Role taken away.
error-people-not-held = You can give or take only permissions that you have yourself. You do not have this one: { $permission }.
error-people-owners-only = Only an owner can give or take away the role of owner.
error-people-in-group = This person is already in the group.
error-people-member-already = This person is already a member.
error-people-most-groups = An organization can have at most { $count } groups.
error-people-most-groups-of-person = A person can be in at most { $count } groups of an organization.
error-people-most-roles = An organization or a project can have at most { $count } custom roles.
error-people-most-held = A person or a group can have at most { $count } roles.
error-people-predefined = A predefined role cannot be changed or deleted.
error-people-role-name = Another role has this name. Choose a different one.
error-people-permissions = One of the permissions does not exist. Select the permissions again.
error-people-from-group = This role comes from a group. Remove the person from the group, or take the role away from the group.
error-people-group-owner = A group cannot own an organization. Make its members owners one by one.
error-people-archived = One of the projects is archived. Select other projects.
error-people-most-invitations = At most { $count } invitations can be open at once.
