using FsCheck.Fluent;
using Gatehouse.Access.Callers;

namespace Gatehouse.Tests.Access.Callers;

public sealed class CallerTests
{
    private static readonly AppId Own = AppId.Generate();
    private static readonly AppId Other = AppId.Generate();

    [Fact]
    public void The_zero_value_of_every_decision_refuses()
    {
        Assert.Equal(AccessDecision.Refused, default);
        Assert.Equal(AuthenticationStatus.Refused, default(Authentication).Status);
        Assert.False(default(Authentication).IsKnown);
    }

    [Fact]
    public void Every_role_can_be_parsed_from_its_name()
    {
        Assert.Equal(Enum.GetValues<Role>().Length - 1, RoleNames.All.Count);
        foreach (var role in RoleNames.All)
        {
            Assert.True(RoleNames.TryParse(RoleNames.NameOf(role), out var read));
            Assert.Equal(role, read);
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("None")]
    [InlineData("applications.read")]
    [InlineData("Applications.Read ")]
    [InlineData("Applications")]
    [InlineData("*")]
    public void Unknown_names_are_not_roles(string? name) => Assert.False(RoleNames.TryParse(name, out _));

    [Fact]
    public void A_caller_without_roles_may_do_nothing()
    {
        var caller = new Caller("nobody", [Role.None]);
        foreach (var role in Enum.GetValues<Role>())
        {
            Assert.Equal(AccessDecision.Forbidden, caller.May(role, Own));
            Assert.Equal(AccessDecision.Forbidden, caller.MayForAll(role));
            Assert.Equal(AccessDecision.Forbidden, caller.MayForSome(role));
        }
    }

    [Fact]
    public void A_caller_may_do_exactly_what_its_roles_and_applications_allow()
    {
        var cases =
            from roles in Gen.SubListOf(Enum.GetValues<Role>())
            from confined in Gen.Elements(null, Array.Empty<AppId>(), [Own])
            from role in Gen.Elements(Enum.GetValues<Role>())
            from application in Gen.Elements(Own, Other)
            select (roles, confined, role, application);
        Properties.Check(cases, given =>
        {
            var caller = new Caller("service", given.roles, given.confined);
            var has = given.role != Role.None && given.roles.Contains(given.role);
            var reaches = given.confined is null || given.confined.Contains(given.application);

            Assert.Equal(
                !has ? AccessDecision.Forbidden : reaches ? AccessDecision.Allowed : AccessDecision.OtherApplication,
                caller.May(given.role, given.application));
            Assert.Equal(has && given.confined is null, caller.MayForAll(given.role) == AccessDecision.Allowed);
            Assert.Equal(has, caller.MayForSome(given.role) == AccessDecision.Allowed);
            Assert.Equal(reaches, caller.Reaches(given.application));
        });
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("line\nbreak")]
    [InlineData("a/b")]
    [InlineData("Ünicode")]
    public void Names_with_special_characters_are_refused(string name)
    {
        Assert.False(Caller.IsName(name));
        Assert.Throws<ArgumentException>(() => new Caller(name, []));
    }

    [Fact]
    public void A_name_has_at_most_100_characters()
    {
        Assert.True(Caller.IsName(new string('a', 100)));
        Assert.False(Caller.IsName(new string('a', 101)));
    }
}
